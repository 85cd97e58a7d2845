// Reads files of SOPS by the npm package sops-age, and prints what they hold: node read.mjs FILE... with the key in SOPS_AGE_KEY.
import { decryptSops } from "sops-age";

const found = {};
for (const path of process.argv.slice(2)) {
  found[path] = await decryptSops({ path, secretKey: process.env.SOPS_AGE_KEY });
}
console.log(JSON.stringify(found));
