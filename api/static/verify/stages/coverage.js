/** Coverage: whether a pre-assessment of its plan lets a transfer happen. */

import { leafOf } from "../attestation.js";
import { byCodePoint, toHex } from "../bytes.js";
import { after, broken, isNamedBy, notLater, same, seconds, timeText } from "./comparison.js";

const DATE_LENGTH = "2026-11-21".length;

/** @typedef {import("./comparison.js").Entry} Entry */
/** @typedef {{transfer: Entry, plan: Entry, preAssessment: Entry}} Case */

/** @type {Record<string, (of: Case) => void>} */
export const RULES = {
  "pre-assessment.plan"({ transfer, plan, preAssessment }) {
    const assessed = preAssessment.says.credentialSubject;
    same(
      "the plan that was assessed",
      `${plan.recordId}, leaf ${toHex(plan.leafHash)}`,
      `${assessed.record_id}, leaf ${toHex(leafOf(assessed.id))}`,
    );
    const covered = transfer.says.covered_by;
    if (covered === undefined || !isNamedBy(plan, covered.plan)) {
      const named = covered === undefined ? "none" : covered.plan.record_id;
      throw broken("the transfer names another plan", plan.recordId, named);
    }
  },

  "pre-assessment.order"({ transfer, plan, preAssessment }) {
    after(preAssessment, plan, "the pre-assessment was logged before its plan");
    after(transfer, preAssessment, "the transfer was logged before its pre-assessment");
    notLater(
      "the pre-assessment was made after the transfer",
      preAssessment.says.iat,
      seconds(transfer.says.occurred_at),
    );
  },

  "pre-assessment.outcome"({ preAssessment }) {
    if (preAssessment.says.credentialSubject.outcome === "rejected") {
      throw broken("the pre-assessment rejects it", "approved or conditional", "rejected");
    }
  },

  "pre-assessment.in-force"({ transfer, plan, preAssessment }) {
    const { nbf, exp } = preAssessment.says;
    const occurred = seconds(transfer.says.occurred_at);
    if (occurred < nbf || occurred >= exp) {
      throw broken(
        "the pre-assessment was not in force when the transfer happened",
        `a time from ${timeText(nbf)} until before ${timeText(exp)}`,
        timeText(occurred),
      );
    }
    const { from, until } = plan.says.period;
    const day = transfer.says.occurred_at.slice(0, DATE_LENGTH);
    if (day < from || day > until) {
      throw broken("the plan is for other days", `${from} to ${until}`, day);
    }
  },

  "pre-assessment.parties"({ transfer, plan, preAssessment }) {
    const [moved, planned] = [transfer.says, plan.says];
    const assessed = preAssessment.says.credentialSubject;
    same("the exporter", planned.exporter.id, moved.exporter.id);
    same("the plan's recipient", planned.recipient.id, moved.recipient.id);
    same("the recipient that was assessed", assessed.recipient, moved.recipient.id);
    same("the plan's origin", planned.from, moved.from);
    same("the plan's destination", planned.to, moved.to);
    same("the destination that was assessed", assessed.to, moved.to);
  },

  "pre-assessment.scenario"({ transfer, plan, preAssessment }) {
    const { scenario } = transfer.says;
    same("the plan's scenario", plan.says.scenario, scenario);
    const assessed = preAssessment.says.credentialSubject;
    same("the scenario that was assessed", assessed.scenario, scenario);
  },

  "pre-assessment.data-items"({ transfer, plan, preAssessment }) {
    const assessed = itemsOf(preAssessment.says.credentialSubject);
    const planned = itemsOf(plan.says);
    const allowed = Array.from(assessed).filter(([key]) => planned.has(key));
    const stray = Array.from(itemsOf(transfer.says)).filter(
      ([key]) => !assessed.has(key) || !planned.has(key),
    );
    if (stray.length) {
      const [expected, found] = [allowed, stray].map((items) =>
        items.map(([, name]) => name).sort(byCodePoint).join(", "),
      );
      throw broken("a data item was not assessed as it is", expected || "none", found);
    }
  },

  "pre-assessment.ceilings"({ transfer, plan, preAssessment }) {
    const covered = transfer.says.covered_by;
    if (covered === undefined) {
      throw broken("the transfer says no place under its plan", "covered_by", "nothing");
    }
    const reached = {
      transfers: covered.sequence,
      personal: covered.persons.personal,
      sensitive: covered.persons.sensitive,
    };
    for (const { ceilings } of [preAssessment.says.credentialSubject, plan.says]) {
      for (const [name, count] of Object.entries(reached)) {
        if (ceilings[name] !== undefined && count > ceilings[name]) {
          throw broken(`the ceiling of ${name} is passed`, `up to ${ceilings[name]}`, `${count}`);
        }
      }
    }
  },
};

/** Name data items by all that rules ask of them. @param {any} says @returns {Map<string, string>} */
function itemsOf({ data_items: items }) {
  return new Map(
    items.map((item) => {
      const key = JSON.stringify([item.name, item.class, item.personal, item.sensitive]);
      return [key, item.name];
    }),
  );
}
