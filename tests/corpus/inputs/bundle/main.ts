import { Graph } from "./lib/graph";
import * as text from "./lib/text.js";
import names from "./data.json";
import "./style.css";

const graph = new Graph<string>();
for (const [from, to] of names.edges) graph.connect(from, to);

export async function main(): Promise<string> {
  const { render } = await import("./lib/render");
  return render(names.title, graph.order().map((name) => text.capitalise(name)));
}

main().then(console.log);
