export const captureOf = () => {
  throw 1;
};
