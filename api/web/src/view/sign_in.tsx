// Exchanges a key for a session. The key is sent once and kept nowhere in the page.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { signIn } from "../api/questions";
import { t } from "../words/language";
import { reason } from "../work/messages";
import { session } from "../work/store";

export function SignIn({ again }: { readonly again: boolean }) {
  const problem = useSignal<string | null>(null);
  const busy = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (form: HTMLFormElement) => {
    const key = String(new FormData(form).get("key") ?? "").trim();
    busy.value = true;
    problem.value = null;
    try {
      session.value = await signIn(key);
    } catch (error) {
      problem.value = reason(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <main class="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <h1>{t("kith")}</h1>
        <h2>{t("sign_in_title")}</h2>
        {again && <p role="status">{t("signed_out_again")}</p>}
        <label for="key">{t("sign_in_key")}</label>
        <input
          ref={field}
          id="key"
          name="key"
          type="password"
          autocomplete="off"
          required
          maxLength={200}
          aria-describedby="key-hint"
        />
        <p id="key-hint" class="muted">
          {t("sign_in_hint")}
        </p>
        {problem.value !== null && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy.value}>
          {t("sign_in")}
        </button>
      </form>
    </main>
  );
}
