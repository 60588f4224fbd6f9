/** The page of the API: the choice of a theme. */

import { offerThemes } from "./theme.js";

const choice = document.querySelector("#theme");
if (choice instanceof HTMLSelectElement) offerThemes(choice);
