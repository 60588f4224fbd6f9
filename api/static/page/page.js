/**
 * The page that verifies: what is given and what is believed go in, a report comes out.
 *
 * Nothing leaves this page but what the visitor sees being asked: the server's trust file when it is
 * loaded, nodes of the trust file or the visitor's about an anchor and what became of it, servers of
 * status lists that the trust file names, and, where he asks for it, the server about one size of its
 * own log.
 */

import { findSources } from "../verify/chain/sources.js";
import { Bundle } from "../verify/bundle.js";
import { LedgerError } from "../verify/errors.js";
import { StatusFetcher } from "../verify/status_fetch.js";
import { verify } from "../verify/verify.js";
import { Believed } from "./believed.js";
import { byId, save, tell } from "./element.js";
import { Given } from "./given.js";
import { language, offerLanguages, onLanguage, word } from "./language.js";
import { showChecks, showReport, showWorking } from "./outcome.js";
import { showMeant } from "./meant.js";
import { askServer } from "./server_word.js";
import { bundleOf, carriesBundle, linkTo, recordOf } from "./share.js";
import { offerThemes } from "./theme.js";

/** @type {?{report: import("../verify/report.js").Report, asked: () => string[]}} */
let judged = null;
let run = 0;

const believed = new Believed(judge);
const lists = new StatusFetcher();
const given = new Given({ changed: judge, trust: (name, data) => believed.use(name, data) });

/** Judge what there is, once all of it is there; a newer run replaces an older one. */
async function judge() {
  const mine = ++run;
  const { bundle } = given;
  const { trust, nodes } = believed;
  judged = null;
  showMeant(recordOf(location.hash), bundle);
  byId("result").hidden = bundle === null || trust === null;
  if (bundle === null || trust === null) return;
  showWorking();
  if (!given.isHashed) return;
  try {
    const sources = findSources(bundle, trust, nodes, lists);
    const report = await verify(bundle, {
      trust,
      ...sources,
      files: given.fingerprints,
      withoutFiles: byId("without-files").checked,
      told: (checks) => mine === run && showChecks(checks),
    });
    if (mine !== run) return;
    judged = { report, asked: () => askedOf(sources.chain, trust, report) };
    show();
  } catch (error) {
    if (mine === run) tell(byId("problem"), word("defect", { reason: String(error) }));
    throw error;
  }
}

/** Show the report in the language that is chosen. */
function show() {
  if (judged === null) return;
  const { report, asked } = judged;
  showReport(report, asked());
  const isOpen = report.checks.some((check) => check.code === "anchor.chain" && check.status === "undetermined");
  byId("server-word").hidden = !(isOpen && believed.isServers && document.documentElement.dataset.anchors);
  byId("command").textContent = commandOf();
}

/** @param {any} chain @param {import("../verify/trust.js").Trust} trust @param {import("../verify/report.js").Report} report */
function askedOf(chain, trust, report) {
  if (report.anchor === null) return [];
  if (trust.pins(report.anchor)) return [word("asked.pin")];
  if (chain === null) return [word("asked.none")];
  return [word("asked.nodes", { nodes: chain.nodes.map((/** @type {any} */ node) => node.rpc.place).join(", ") })];
}

function commandOf() {
  const files = given.files.map((item) => quoted(item.name));
  const waived = byId("without-files").checked ? ["--without-files"] : [];
  const nodes = believed.nodes.map((node) => `--rpc ${quoted(node)}`);
  const trust = quoted(believed.own?.name ?? "trust.json");
  return ["crossproof verify", quoted(given.bundleName), ...files, "--trust", trust, ...nodes, ...waived].join(" ");
}

/** @param {string} name as a shell takes it */
function quoted(name) {
  return /^[\w./:@-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

function offerFiles() {
  const [drop, choose] = [byId("drop"), byId("choose")];
  choose.addEventListener("change", () => {
    given.add(Array.from(choose.files));
    choose.value = "";
  });
  for (const type of ["dragover", "drop"]) {
    document.addEventListener(type, (event) => event.preventDefault());
  }
  document.addEventListener("dragover", () => drop.classList.add("over"));
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    given.add(Array.from(event.dataTransfer?.files ?? []));
  });
  byId("without-files").addEventListener("change", judge);
  byId("clear").addEventListener("click", () => {
    tell(byId("problem"), null);
    given.clear();
    byId("choose").focus();
  });
}

function offerActions() {
  byId("save-report").addEventListener("click", () => {
    if (judged === null) return;
    const text = `${JSON.stringify(judged.report.toValue(language()), null, 2)}\n`;
    save("report.json", text, "application/json");
  });
  byId("print").addEventListener("click", () => print());
  byId("share").addEventListener("click", share);
  byId("share").hidden = location.protocol === "file:" || !("CompressionStream" in window);
  byId("ask-server").addEventListener("click", async () => {
    const anchor = judged?.report.anchor;
    if (anchor) byId("server-says").textContent = await askServer(anchor);
  });
}

async function share() {
  if (given.bundle === null) return;
  const link = await linkTo(given.bundle, location.href);
  if (link === null) {
    byId("told").textContent = word("share.too-long");
    return;
  }
  try {
    await navigator.clipboard.writeText(link);
    byId("told").textContent = word("share.done");
  } catch {
    // Some browsers let only secure pages write there: the link is shown instead.
    byId("told").textContent = link;
  }
}

/** Take the bundle out of the link, and the link's part out of the address. */
function readLink() {
  showMeant(recordOf(location.hash), given.bundle);
  if (!carriesBundle(location.hash)) return;
  const bundle = bundleOf(location.hash);
  history.replaceState(null, "", location.href.replace(/#.*$/, ""));
  if (bundle === null) tell(byId("problem"), word("share.bad"));
  else given.addBundle(nameFor(bundle), bundle);
}

/** Name a bundle by the file that it is of, as far as it tells. @param {Uint8Array} data */
function nameFor(data) {
  try {
    const { index } = new Bundle(data).entry;
    return `${index}.bundle.json`;
  } catch (error) {
    if (error instanceof LedgerError) return "link.bundle.json";
    throw error;
  }
}

onLanguage(() => {
  given.show();
  showMeant(recordOf(location.hash), given.bundle);
  show();
  const saved = byId("save-page");
  if (saved) saved.href = `/verify/verifier.html?lang=${language()}`;
});
offerLanguages();
offerThemes(byId("theme"));
offerFiles();
offerActions();
believed.show();
readLink();
window.addEventListener("hashchange", readLink);
believed.load();
