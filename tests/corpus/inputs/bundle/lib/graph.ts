/** A directed graph and a topological order of it. */
export class Graph<Node> {
  #edges = new Map<Node, Set<Node>>();

  connect(from: Node, to: Node): void {
    if (!this.#edges.has(to)) this.#edges.set(to, new Set());
    const targets = this.#edges.get(from) ?? new Set<Node>();
    this.#edges.set(from, targets.add(to));
  }

  order(): Node[] {
    const done = new Set<Node>(), result: Node[] = [];
    const visit = (node: Node): void => {
      if (done.has(node)) return;
      done.add(node);
      this.#edges.get(node)?.forEach(visit);
      result.unshift(node);
    };
    for (const node of this.#edges.keys()) visit(node);
    return result;
  }
}

export function unused(): never {
  throw new Error("removed by tree shaking");
}
