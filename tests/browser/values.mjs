/** Reads values as JSON lines, writes each as a Chinese page shows it. */

import { createInterface } from "node:readline";

import { valueText } from "../../api/static/page/values.js";

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(valueText(JSON.parse(line), "zh"))}\n`);
}
