/** The names of a rotation's files, in tcpdump's manner. */
export interface FileNames {
  /** Name of the file that is begun as the `index`th, from 0 on, at `date`. */
  name(index: number, date: Date): string;
}

/** Whether the names of a rotation tell the time, and so no file is written over. */
export function tellsTime(path: string): boolean {
  return /%[YmdHMSs]/.test(path);
}

/**
 * FILE, FILE1, FILE2 …; with at most `files` of them FILE0, FILE1 … with as many digits as the last needs, and again from
 * FILE0. Where the name has strftime(3) words (`%Y %m %d %H %M %S %s %%`, local time), they tell the time instead.
 */
export function fileNames(path: string, rotates: boolean, files: number | null): FileNames {
  if (!rotates) return { name: () => path };
  if (tellsTime(path)) {
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
  const words: Readonly<Record<string, string>> = {
    Y: String(date.getFullYear()),
    m: two(date.getMonth() + 1),
    d: two(date.getDate()),
    H: two(date.getHours()),
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    s: String(Math.floor(date.getTime() / 1000)),
    "%": "%",
  };
  return path.replaceAll(/%([YmdHMSs%])/g, (_, word: string) => words[word] ?? "");
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
