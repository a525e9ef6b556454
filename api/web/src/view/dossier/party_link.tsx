// A party by name, which a click opens.

import { openParty } from "../../picture/actions";
import { Name } from "../marks";

export function PartyLink({ party }: { readonly party: string }) {
  return (
    <button type="button" class="link" onClick={() => void openParty(party)}>
      <Name party={party} />
    </button>
  );
}
