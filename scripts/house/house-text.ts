import { MOST_FILES, type Rooms } from "./rooms.ts";
import type { HouseSurvey } from "./survey.ts";

/** One line per room, lowest first, then the totals. */
export function houseText(survey: HouseSurvey, table: Rooms): string {
  const { rooms, fileCycles, roomCycles, forbidden, medianLines, longest } = survey;
  const order = rooms.map(({ name }) => name);
  const width = Math.max(...rooms.map(({ name }) => name.length));
  const lines = rooms.map(({ name, level, files, imports }) => {
    const below = [...imports]
      .toSorted(([one], [other]) => order.indexOf(one) - order.indexOf(other))
      .map(([room, count]) => `${room} (${count})`)
      .join(", ");
    return `${String(level).padStart(2)} ${name.padEnd(width)} ${String(files).padStart(3)}  ${below}`.trimEnd();
  });
  const total = rooms.reduce((sum, { files }) => sum + files, 0);
  const large = rooms.filter(({ files }) => files > MOST_FILES);
  return [
    "level, room, files, imports",
    ...lines,
    "",
    `${total} files in ${rooms.length} rooms; median ${medianLines} lines, longest ${longest?.lines ?? 0} (${longest?.path ?? ""})`,
    `files in import cycles: ${fileCycles.flat().length}; rooms in cycles: ${roomCycles.flat().length}; type imports count`,
    `imports that the table forbids: ${forbidden.length}`,
    ...forbidden.map((line) => `  ${line}`),
    `rooms over ${MOST_FILES} files: ${large.length}`,
    ...large.map(({ name, files }) => `  ${name}: ${files}, ${table[name]?.oddSize ?? "no reason given"}`),
  ].join("\n");
}
