/** @jsx h */
const h = (tag: string, attributes: Record<string, string> | null, ...children: unknown[]): string =>
  `<${tag}${Object.entries(attributes ?? {}).map(([k, v]) => ` ${k}="${v}"`).join("")}>${children.flat().join("")}</${tag}>`;

export const render = (title: string, items: string[]): string => (
  <section class="order">
    <h1>{title}</h1>
    <ol>{items.map((item) => <li>{item}</li>)}</ol>
  </section>
);
