import * as fc from "fast-check";

// The same cases in every run, so that a failure points to the change; `PROPERTY_SEED=random` tries new cases.
const { PROPERTY_SEED: seed = "1" } = process.env;
fc.configureGlobal(seed === "random" ? {} : { seed: Number(seed) });
