/** A directed graph: the targets of each node, by name. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** The groups of nodes that reach each other (Tarjan's strongly connected components), without those of one node. */
export function cyclesOf(graph: Graph): string[][] {
  return componentsOf(graph).filter((nodes) => nodes.length > 1);
}

/** The level of each node above those that point to nothing. Nodes of a cycle share a level. */
export function levelsOf(graph: Graph): Map<string, number> {
  const levels = new Map<string, number>();
  for (const nodes of componentsOf(graph)) {
    const below = nodes.flatMap((node) => [...(graph.get(node) ?? [])]).filter((node) => !nodes.includes(node));
    const level = below.reduce((most, node) => Math.max(most, (levels.get(node) ?? 0) + 1), 0);
    for (const node of nodes) levels.set(node, level);
  }
  return levels;
}

/** Components, each after those that it points to. */
function componentsOf(graph: Graph): string[][] {
  const found = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const components: string[][] = [];
  const visit = (node: string): number => {
    const index = found.size;
    let low = index;
    found.set(node, index);
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!found.has(next)) low = Math.min(low, visit(next));
      else if (path.includes(next)) low = Math.min(low, lowest.get(next) ?? found.get(next) ?? low);
    }
    lowest.set(node, low);
    if (low === index) components.push(path.splice(path.indexOf(node)));
    return low;
  };
  for (const node of graph.keys()) if (!found.has(node)) visit(node);
  return components;
}
