import "./app/app.ts";
import { applyTheme } from "./app/theme.ts";
import { language } from "./app/words.ts";

document.documentElement.lang = language();
applyTheme();
