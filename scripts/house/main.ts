// Prints the rooms of src with their levels, sizes and imports, all cycles, and forbidden imports. `-- DIR` reads
// another tree.
import { readSources } from "./imports.ts";
import { houseText } from "./house-text.ts";
import { ROOMS } from "./rooms.ts";
import { surveyHouse } from "./survey.ts";

const [folder] = process.argv.slice(2);
console.log(houseText(surveyHouse(readSources(folder ?? "src"), folder === undefined ? ROOMS : {}), ROOMS));
