/** The outcome: one verdict in words, colour and icon; the checks; what the record says. */

import { plain } from "../verify/canonical.js";
import { byId, icon, make, tell } from "./element.js";
import { language, texts, word } from "./language.js";
import { valueText } from "./values.js";

const SHOWN_FIRST = { failed: "failed", undetermined: "undetermined" };

/** @typedef {import("../verify/report.js").Report} Report */
/** @typedef {import("../verify/report.js").Check} Check */

/** Say that the work goes on: one verdict element, replaced whole. */
export function showWorking() {
  byId("result").hidden = false;
  const verdict = byId("verdict");
  verdict.className = "working";
  verdict.replaceChildren(icon("working"), make("p", { class: "word" }, word("working")));
  for (const id of ["facts", "checks"]) byId(id).replaceChildren();
  for (const id of ["count", "told", "server-says"]) byId(id).textContent = "";
  byId("record").hidden = true;
  byId("server-word").hidden = true;
}

/** Add checks as they are made. @param {Check[]} checks */
export function showChecks(checks) {
  byId("checks").append(...checks.map(drawCheck));
}

/** Show a report. @param {Report} report @param {string[]} asked what to say of who was asked */
export function showReport(report, asked) {
  const { verdict } = report;
  const words = texts();
  const element = byId("verdict");
  element.className = verdict;
  const next = make("p", { class: "next" }, make("b", {}, word("next")), nextOf(report));
  const sandbox = report.sandbox ? make("p", { class: "sandbox" }, words.labels.sandbox) : null;
  // What the record says is shown below where only a file is wrong.
  const isFile = verdict === "failed" && report.statement !== null;
  const lead = make("p", {}, word(isFile ? "failed.file.lead" : `${verdict}.lead`));
  const name = make("p", { class: "word" }, words.verdicts[verdict]);
  element.replaceChildren(icon(verdict), name, lead, next, ...(sandbox ? [sandbox] : []));
  byId("checks").replaceChildren(...report.checks.map(drawCheck));
  byId("count").textContent = word("checks.count", countOf(report.checks));
  byId("facts").replaceChildren(...factsOf(report, asked).map((text) => make("p", {}, text)));
  showRecord(report);
}

/** @param {Check[]} checks */
function countOf(checks) {
  /** @param {string} status */
  const count = (status) => checks.filter((check) => check.status === status).length;
  const [verified, failed] = [count("verified"), count("failed")];
  return { verified, failed, undetermined: count("undetermined"), skipped: count("skipped") };
}

/** @param {Report} report */
function nextOf({ verdict, checks }) {
  const status = /** @type {Record<string, string>} */ (SHOWN_FIRST)[verdict];
  const first = checks.find((check) => check.status === status);
  return first ? hintOf(first) : word("next.verified");
}

/** What a check's reason asks for, in a browser's words where the catalogue speaks of commands. @param {Check} check */
function hintOf(check) {
  return texts().page[`hint.${check.reason}`] ?? check.toValue(language()).hint ?? word("next.verified");
}

/** @param {Check} check */
function drawCheck(check) {
  const { status, code, title, text, subject, expected, found } = check.toValue(language());
  const name = make("span", { class: "title" }, title);
  // A file's name is its owner's word.
  const about = subject === undefined || code === "file.digest" ? subject : valueText(subject, language());
  if (about !== undefined) name.append(make("span", { class: "subject" }, about));
  const item = make("li", { class: status, "data-code": code }, icon(status), name);
  item.append(make("span", { class: "status" }, texts().statuses[status]));
  if (text === undefined) return item;
  const why = make("div", { class: "why small" }, make("p", {}, text));
  if (status !== "verified" && status !== "skipped") {
    const details = [["expected", expected], ["found", found], ["code", `${code}: ${check.reason}`]];
    const rows = details.filter(([, value]) => value !== undefined);
    const list = make("dl", {});
    for (const [key, value] of rows) {
      list.append(make("dt", {}, word(key)), make("dd", { class: "value" }, valueText(value, language())));
    }
    why.append(list, make("p", {}, hintOf(check)));
  }
  item.append(why);
  return item;
}

/** @param {Report} report @param {string[]} asked */
function factsOf(report, asked) {
  const facts = [];
  const { origin, index, anchor, asOf } = report;
  if (origin !== null) facts.push(word("log.place", { index: String(index), origin }));
  if (report.verdict !== "failed" && origin !== null) {
    facts.push(anchor === null ? word("anchored.none") : `${word("anchored")}: ${placeOf(anchor)}`);
  }
  return [...facts, ...asked, word("as-of", { time: timeOf(asOf) })];
}

/** @param {NonNullable<Report["anchor"]>} anchor */
function placeOf({ blockNumber, chain, time }) {
  return word("anchored.at", { block: blockNumber, chain: chain.chainId, time: timeOf(time) });
}

/** Write a time in UTC, and as the visitor's clock has it. @param {number} time */
function timeOf(time) {
  const date = new Date(time);
  const utc = `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  if (date.getTimezoneOffset() === 0) return utc;
  const local = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "long",
  });
  return `${utc} (${local.format(time)})`;
}

/** @param {Report} report */
function showRecord({ statement }) {
  const element = byId("record");
  element.hidden = statement === null;
  if (statement === null) return;
  const says = plain(statement);
  const items = (says.data_items ?? []).map((/** @type {any} */ item) => item.name).join(", ");
  const rows = [
    ["record.id", says.record_id],
    ["record.exporter", partyOf(says.exporter)],
    ["record.recipient", partyOf(says.recipient)],
    ["record.way", says.from && `${says.from} → ${says.to}`],
    ["record.scenario", says.scenario],
    ["record.items", items],
    ["record.time", says.occurred_at],
  ].filter(([, value]) => value);
  const list = make("dl", {});
  for (const [name, value] of rows) list.append(make("dt", {}, word(name)), make("dd", {}, value));
  const whole = make("pre", { tabindex: "0" }, JSON.stringify(says, null, 2));
  const all = make("details", {}, make("summary", {}, word("record.all")), whole);
  element.replaceChildren(make("h3", {}, word("record")), list, all);
}

/** @param {any} party */
function partyOf(party) {
  if (!party) return undefined;
  return party.name ? `${party.name} (${party.id})` : party.id;
}
