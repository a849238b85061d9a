/** Negative if `a` comes first. Never 0, so that there is only one order. */
export type Compare<Item> = (a: Item, b: Item) => number;

/** The fewest items to sort at once: about one screen, which is read row by row. */
const LEAST = 128;
/** If more than an eighth of the items are wanted, sorting them all is faster than using a heap. */
const WORTH_A_HEAP = 8;

/** Sorts only the items that are asked for: the screen shows fifty of a hundred thousand. */
export class PartialOrder<Item> {
  readonly #items: readonly Item[];
  readonly #compare: Compare<Item>;
  /** The first items, in order. */
  #sorted: readonly Item[] = [];

  constructor(items: readonly Item[], compare: Compare<Item>) {
    this.#items = items;
    this.#compare = compare;
  }

  get length(): number {
    return this.#items.length;
  }

  /** The items from `from` to before `to`. */
  slice(from: number, to: number): readonly Item[] {
    return this.#first(Math.min(to, this.length)).slice(from, to);
  }

  at(index: number): Item | undefined {
    return index < 0 || index >= this.length ? undefined : this.#first(index + 1)[index];
  }

  /** The place, in order, of the item that `isIt` accepts; -1 if there is none. */
  indexOf(isIt: (item: Item) => boolean): number {
    const item = this.#items.find(isIt);
    if (item === undefined) return -1;
    let before = 0;
    for (const other of this.#items) if (other !== item && this.#compare(other, item) < 0) before++;
    return before;
  }

  #first(count: number): readonly Item[] {
    if (this.#sorted.length >= count) return this.#sorted;
    const wanted = Math.max(count, LEAST);
    const isMany = wanted * WORTH_A_HEAP > this.length;
    this.#sorted = isMany ? this.#items.toSorted(this.#compare) : smallest(this.#items, wanted, this.#compare);
    return this.#sorted;
  }
}

/**
 * The first `count` items, in order: a heap with the last of them on top, which is replaced by any item that comes
 * before it.
 */
function smallest<Item>(items: readonly Item[], count: number, compare: Compare<Item>): readonly Item[] {
  const heap = items.slice(0, count).toSorted((a, b) => compare(b, a));
  let [last] = heap;
  for (let index = count; index < items.length; index++) {
    const item = items[index];
    if (item === undefined || last === undefined || compare(item, last) >= 0) continue;
    sink(heap, item, compare);
    [last] = heap;
  }
  return heap.toSorted(compare);
}

/** Replaces the top of the heap with an item, and sifts it down. */
function sink<Item>(heap: Item[], item: Item, compare: Compare<Item>): void {
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    let under = heap[child];
    const right = heap[child + 1];
    if (under !== undefined && right !== undefined && compare(right, under) > 0) {
      under = right;
      child++;
    }
    if (under === undefined || compare(under, item) <= 0) break;
    heap[at] = under;
    at = child;
  }
  heap[at] = item;
}
