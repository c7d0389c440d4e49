// A queue of timed tasks: our own sample for a TypeScript compiler, with types, classes, enums, generics and templates.
export enum Priority { Low, Normal, High = 10 }

export interface Task<Result = void> {
  readonly name: string;
  priority?: Priority;
  run(context: Context): Promise<Result> | Result;
}

type Context = { now: number; log: (...parts: unknown[]) => void };
type Named<T> = { [K in keyof T]-?: T[K] extends Function ? never : K }[keyof T];

abstract class Queue<T extends Task<any>> implements Iterable<T> {
  protected items: T[] = [];
  private static made = 0;
  readonly id = ++Queue.made;

  constructor(private readonly limit: number = Infinity, public label?: string) {}

  abstract order(left: T, right: T): number;

  push(...tasks: T[]): this {
    for (const task of tasks) {
      if (this.items.length >= this.limit) throw new RangeError(`queue ${this.label ?? this.id} is full at ${this.limit}`);
      this.items.push(task);
    }
    this.items.sort((a, b) => this.order(a, b));
    return this;
  }

  *[Symbol.iterator](): Iterator<T> {
    while (this.items.length) yield this.items.shift()!;
  }

  get length(): number { return this.items.length; }
}

class PriorityQueue extends Queue<Task<unknown>> {
  order(left: Task<unknown>, right: Task<unknown>): number {
    return (right.priority ?? Priority.Normal) - (left.priority ?? Priority.Normal) || left.name.localeCompare(right.name);
  }
}

export async function drain(queue: PriorityQueue, context: Context): Promise<Map<string, unknown>> {
  const results = new Map<string, unknown>();
  for (const { name, priority = Priority.Low, ...task } of queue) {
    try {
      results.set(name, await task.run?.({ ...context, now: context.now + results.size }));
    } catch (error: unknown) {
      context.log(`${name} (${Priority[priority]}):`, error instanceof Error ? error.message : error);
    } finally {
      if (name === "last") break;
    }
  }
  return results;
}

namespace Shapes {
  export const unit = { width: 1, height: 1 } as const;
  export function area({ width, height }: { width: number; height: number }): number {
    return width * height ** 1;
  }
}

const queue = new PriorityQueue(8, "demo");
queue.push(
  { name: "square", run: () => Shapes.area(Shapes.unit) },
  { name: "urgent", priority: Priority.High, run: async ({ now }) => now * 2 },
  { name: "fails", run() { throw new Error("no \u00fcbung, no \u{1F642}"); } },
);

const pattern = /^(?<year>\d{4})-(?<month>\d\d)$/u;
const found = "2021-08".match(pattern)?.groups?.month;
let total = 0;
outer: for (let i = 0; i < 10; i++) {
  for (let j = i; j < 10; j++) {
    if (i * j > 30) continue outer;
    total += i & 1 ? ~j : j >>> 1;
  }
}

export default drain(queue, { now: 1_000_000, log: console.log }).then((results) => [results, found, total, 0xffn ** 2n] as unknown[]);
