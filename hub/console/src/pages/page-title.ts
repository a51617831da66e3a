// SPDX-License-Identifier: EUPL-1.2
// The name of the page in the browser's tab.
import { useEffect } from "react";

export function usePageTitle(page: string): void {
  useEffect(() => {
    document.title = `${page} · Flexzicht`;
  }, [page]);
}
