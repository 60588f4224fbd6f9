/** The desk's script: light or dark. All else the server writes. */

import { offerThemes } from "./theme.js";

offerThemes(/** @type {HTMLSelectElement} */ (document.getElementById("theme")));
