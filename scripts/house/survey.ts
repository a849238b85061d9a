import type { Graph } from "./graph.ts";
import { cyclesOf, levelsOf } from "./graph.ts";
import type { SourceFile } from "./imports.ts";
import { MOST_FILES, type Room, type Rooms } from "./rooms.ts";

/** The rooms of a tree and their problems. */
export interface HouseSurvey {
  readonly rooms: readonly RoomSurvey[];
  readonly fileCycles: readonly (readonly string[])[];
  readonly roomCycles: readonly (readonly string[])[];
  /** Imports of a room that the table does not allow. */
  readonly forbidden: readonly string[];
  readonly medianLines: number;
  readonly longest: SourceFile | null;
}

interface RoomSurvey {
  readonly name: string;
  readonly level: number;
  readonly files: number;
  /** The number of imports of each other room. */
  readonly imports: ReadonlyMap<string, number>;
}

/** Compares a tree with the table of rooms; an empty table forbids nothing. */
export function surveyHouse(files: readonly SourceFile[], table: Rooms): HouseSurvey {
  const roomOf = new Map(files.map(({ path, room }) => [path, room]));
  const fileGraph: Graph = new Map(files.map((file) => [file.path, new Set(targetsOf(file))]));
  const imports = new Map<string, Map<string, number>>();
  for (const file of files) {
    const counts = getOrAdd(imports, file.room, () => new Map<string, number>());
    for (const target of targetsOf(file)) {
      const room = roomOf.get(target);
      if (room !== undefined && room !== file.room) counts.set(room, (counts.get(room) ?? 0) + 1);
    }
  }
  const roomGraph: Graph = new Map([...imports].map(([room, counts]) => [room, new Set(counts.keys())]));
  const levels = levelsOf(roomGraph);
  const rooms = [...imports].map(([name, counts]) => ({
    name,
    level: levels.get(name) ?? 0,
    files: files.filter(({ room }) => room === name).length,
    imports: counts,
  }));
  const byLength = files.toSorted((one, other) => one.lines - other.lines);
  return {
    rooms: rooms.toSorted((one, other) => one.level - other.level || (one.name < other.name ? -1 : 1)),
    fileCycles: cyclesOf(fileGraph),
    roomCycles: cyclesOf(roomGraph),
    forbidden: Object.keys(table).length === 0 ? [] : files.flatMap((file) => forbiddenOf(file, roomOf, table)),
    medianLines: byLength[Math.floor(byLength.length / 2)]?.lines ?? 0,
    longest: byLength.at(-1) ?? null,
  };
}

/** Rooms of unexpected size, and rooms that only the table or only the tree has. */
export function misfitsOf({ rooms }: HouseSurvey, table: Rooms): string[] {
  const misfits = Object.keys(table)
    .filter((name) => !rooms.some((room) => room.name === name))
    .map((name) => `${name} is in the table and not in the tree`);
  for (const { name, files } of rooms) {
    const room = table[name];
    if (room === undefined) misfits.push(`${name} is in the tree and not in the table`);
    else if (isOdd(files) !== (room.oddSize !== undefined)) {
      misfits.push(`${name} has ${files} files: ${isOdd(files) ? "say why in oddSize" : "its oddSize can go"}`);
    }
  }
  return misfits;
}

const FEWEST_FILES = 4;

function isOdd(files: number): boolean {
  return files < FEWEST_FILES || files > MOST_FILES;
}

function targetsOf({ imports }: SourceFile): string[] {
  return imports.filter(({ isFile }) => isFile).map(({ target }) => target);
}

function forbiddenOf(file: SourceFile, roomOf: ReadonlyMap<string, string>, table: Rooms): string[] {
  const room = table[file.room];
  if (room === undefined) return [];
  return file.imports
    .filter(({ target, isFile, isLazy }) => {
      const to = isFile ? (roomOf.get(target) ?? target) : target;
      return to !== file.room && !allows(room, to, isLazy);
    })
    .map(({ target }) => `${file.path} imports ${target}`);
}

function allows({ imports, packages = [], lazily = [] }: Room, to: string, isLazy: boolean): boolean {
  return imports.includes(to) || packages.includes(to) || (isLazy && lazily.includes(to));
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
