// The commands of the picture as buttons, each with its key.

import { tidyUp } from "../../picture/actions";
import { active, nodes } from "../../picture/data";
import type { Key } from "../../words/en";
import { t } from "../../words/language";
import { clear, showTable } from "../../work/commands";
import { run, work } from "../../work/store";
import { collapseActive, hideActive, pinActive } from "../keys";
import { ask } from "../ui";

export function Toolbar() {
  const id = active.value;
  const none = id === null;
  const drawn = id !== null && nodes.value.has(id);
  const pinned = id !== null && (nodes.value.get(id)?.pinned ?? false);
  const empty = work.value.places.size === 0;
  return (
    <div class="toolbar row" role="toolbar" aria-label={t("picture")}>
      <Tool text="expand" keys="E" off={none} does={() => ask("expand")} />
      <Tool text="collapse" keys="C" off={!drawn} does={collapseActive} />
      <Tool text="path" keys="P" off={none} does={() => ask("path")} />
      <Tool text="what_if" keys="W" off={none} does={() => ask("what_if")} />
      <Tool text="note" keys="N" off={none} does={() => ask("note")} />
      <Tool text="hide" keys="H" off={!drawn} does={hideActive} />
      <Tool text={pinned ? "unpin" : "pin"} keys="I" off={!drawn} does={pinActive} />
      <Tool text="tidy" keys="L" off={empty} does={() => void tidyUp()} />
      <Tool text="clear" off={empty} does={() => run(clear())} />
    </div>
  );
}

/** What turns the picture into something else: files, and its table. */
export function Turning() {
  return (
    <div class="row">
      <Tool text="export" keys="S" off={work.value.places.size === 0} does={() => ask("export")} />
      <button type="button" aria-pressed={work.value.table} onClick={() => run(showTable(!work.value.table))}>
        {t("table")} <kbd>T</kbd>
      </button>
    </div>
  );
}

interface ToolProperties {
  readonly text: Key;
  readonly keys?: string;
  readonly off: boolean;
  readonly does: () => unknown;
}

function Tool({ text, keys, off, does }: ToolProperties) {
  return (
    <button type="button" disabled={off} onClick={() => void does()}>
      {t(text)}
      {keys !== undefined && (
        <>
          {" "}
          <kbd>{keys}</kbd>
        </>
      )}
    </button>
  );
}
