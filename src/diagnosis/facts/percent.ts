/** `87 %`, rounded down, so that 100 % means all. */
export function percentText(part: number, whole: number): string {
  return `${whole > 0 ? Math.floor((part / whole) * 100) : 0} %`;
}
