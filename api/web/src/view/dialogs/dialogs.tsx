// The dialog that is open, if one is.

import { t } from "../../words/language";
import { work } from "../../work/store";
import { closeAlert } from "../left/alert_acts";
import { askToClose } from "../left/case_acts";
import { chosenAlert, dialog } from "../ui";
import { DecisionDialog } from "./decision";
import { ExpandDialog } from "./expand";
import { ExportDialog } from "./export";
import { KeysDialog } from "./keys";
import { NoteDialog } from "./note";
import { PathDialog } from "./path";
import { ReceiptDialog } from "./receipt";
import { RingsDialog } from "./rings";
import { WhatIfDialog } from "./what_if";

export function Dialogs() {
  switch (dialog.value) {
    case "expand":
      return <ExpandDialog />;
    case "path":
      return <PathDialog />;
    case "what_if":
      return <WhatIfDialog />;
    case "export":
      return <ExportDialog />;
    case "receipt":
      return <ReceiptDialog />;
    case "rings":
      return <RingsDialog />;
    case "keys":
      return <KeysDialog />;
    case "note":
    case "new_case":
      return <NoteDialog />;
    case "close_alert": {
      const alert = chosenAlert.value;
      if (alert === null) return null;
      return (
        <DecisionDialog
          title={t("close_alert")}
          decide={(outcome, reason, text) => closeAlert(alert, outcome, reason, text)}
        />
      );
    }
    case "close_case": {
      const number = work.value.case;
      if (number === null) return null;
      return (
        <DecisionDialog
          title={t("case_ask_close")}
          decide={(outcome, reason, text) => askToClose(number, outcome, reason, text)}
        />
      );
    }
    default:
      return null;
  }
}
