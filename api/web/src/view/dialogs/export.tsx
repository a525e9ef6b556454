// What leaves the page: picture, table, network, and the address of the view.

import { keepView } from "../../api/questions";
import { tablesAsCsv } from "../../export/csv";
import { fileName, save } from "../../export/files";
import { graphml } from "../../export/graphml";
import { png } from "../../export/png";
import { drawing } from "../../export/svg";
import { kindsDrawn } from "../../picture/actions";
import { readColours } from "../../picture/colours";
import { graph, past } from "../../picture/data";
import type { Key } from "../../words/en";
import { day } from "../../words/format";
import { t } from "../../words/language";
import { called } from "../../words/names";
import { say, sayProblem } from "../../work/messages";
import { writtenWork } from "../../work/saved";
import { signedIn, work } from "../../work/store";
import { encoded, LONGEST } from "../../work/url";
import { DialogBox } from "../dialog";
import { outlinedRings, supposed } from "../picture/highlights";
import { dialog } from "../ui";

const FORMS: readonly (readonly [Key, string, () => Promise<Blob>])[] = [
  ["export_png", "png", () => png(drawn())],
  ["export_svg", "svg", async () => new Blob([drawn().svg], { type: "image/svg+xml" })],
  [
    "export_csv",
    "csv",
    async () => new Blob(["\ufeff", tablesAsCsv(graph.peek(), called, asOf())], { type: "text/csv" }),
  ],
  [
    "export_graphml",
    "graphml",
    async () => new Blob([graphml(graph.peek(), called, asOf())], { type: "application/xml" }),
  ],
];

export function ExportDialog() {
  return (
    <DialogBox title={t("export")}>
      <ul class="choices">
        {FORMS.map(([text, ending, make]) => (
          <li key={ending}>
            <button type="button" onClick={() => void made(ending, make)}>
              {t(text)}
            </button>
          </li>
        ))}
        <li>
          <button type="button" onClick={() => void share()}>
            {t("share")}
          </button>
        </li>
      </ul>
    </DialogBox>
  );
}

/** The time of the scores in the picture, null for today. */
const asOf = (): number | null => past.peek()?.as_of ?? null;

function drawn() {
  const snapshot = signedIn.peek()?.snapshot.slice(0, 12) ?? "";
  const n = graph.peek().nodes.length;
  const hidden = graph.peek().nodes.reduce((sum, { notDrawn }) => sum + notDrawn, 0);
  const at = asOf();
  const then = at === null ? [] : [t("past_short", { when: day(at) })];
  const title = ["Kith", t("drawn_of", { n }), t("not_drawn", { n: hidden }), ...then, snapshot].join(" · ");
  return drawing(graph.peek(), outlinedRings.peek(), title, readColours(), called, supposed.peek());
}

async function made(ending: string, make: () => Promise<Blob>): Promise<void> {
  try {
    const name = fileName(work.peek().focus, ending);
    save(name, await make());
    dialog.value = null;
    say(t("export_done", { file: name }));
  } catch (error) {
    sayProblem(error);
  }
}

/** Copy the address of the view; one that is too long for an address is kept by the server and named by its digest. */
async function share(): Promise<void> {
  try {
    const address = new URL(location.href);
    const view = encoded(work.peek());
    address.hash = view.length <= LONGEST ? view : `view=${await keptView()}`;
    dialog.value = null;
    await navigator.clipboard.writeText(address.href);
    say(t("share_done"));
  } catch (error) {
    if (error instanceof DOMException) say(t("share_failed"), "problem");
    else sayProblem(error);
  }
}

export async function keptView(): Promise<string> {
  const { places } = work.peek();
  const { view } = await keepView(writtenWork(work.peek()), [...places.keys()], await kindsDrawn());
  return view;
}
