/** The names of a rotation's files, the same as tcpdump's. */
export interface FileNames {
  /** The name of file number `index`, from 0, begun at `date`. */
  name(index: number, date: Date): string;
}

/** Whether the names of a rotation contain the time, so that no file is overwritten. */
export function containsTime(path: string): boolean {
  return /%[YmdHMSs]/.test(path);
}

/**
 * FILE, FILE1, FILE2 …. With a limit of `files`: FILE0, FILE1 …, padded with zeros to the same length, and then FILE0
 * again. If the name has strftime(3) escapes (`%Y %m %d %H %M %S %s %%`, local time), they are expanded instead.
 */
export function fileNames(path: string, rotates: boolean, files: number | null): FileNames {
  if (!rotates) return { name: () => path };
  if (containsTime(path)) {
    let last = "";
    let same = 0;
    return {
      name: (_index, date) => {
        const name = timed(path, date);
        same = name === last ? same + 1 : 0;
        last = name;
        return same === 0 ? name : `${name}.${same}`;
      },
    };
  }
  if (files === null) return { name: (index) => (index === 0 ? path : `${path}${index}`) };
  const digits = String(files - 1).length;
  return { name: (index) => `${path}${String(index % files).padStart(digits, "0")}` };
}

function timed(path: string, date: Date): string {
  const values: Readonly<Record<string, string>> = {
    Y: String(date.getFullYear()),
    m: two(date.getMonth() + 1),
    d: two(date.getDate()),
    H: two(date.getHours()),
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    s: String(Math.floor(date.getTime() / 1000)),
    "%": "%",
  };
  return path.replaceAll(/%([YmdHMSs%])/g, (_, letter: string) => values[letter] ?? "");
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
