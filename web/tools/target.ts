/** The oldest browsers that the page and the widget run in. */
export const TARGET = ["chrome111", "firefox115", "safari16.4"];
