// A dialog over the page: the browser's own, which keeps the focus inside and closes with Escape.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../words/language";
import { dialog } from "./ui";

interface Properties {
  readonly title: ComponentChildren;
  readonly children: ComponentChildren;
  readonly wide?: boolean;
}

export function DialogBox({ title, children, wide = false }: Properties) {
  const box = useRef<HTMLDialogElement>(null);
  const mine = useRef(dialog.peek());
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  // The browser tells that a dialog was closed after the next key may have opened another one.
  const end = () => {
    if (dialog.peek() === mine.current) dialog.value = null;
  };
  return (
    <dialog
      ref={box}
      class={wide ? "box wide" : "box"}
      aria-labelledby="dialog-title"
      onClose={end}
      onClick={(event) => {
        if (event.target === box.current) end();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div class="box-head">
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="plain" onClick={end}>
          {t("close")} <kbd>Esc</kbd>
        </button>
      </div>
      {children}
    </dialog>
  );
}
