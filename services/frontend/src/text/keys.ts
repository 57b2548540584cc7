/** All keys of the dashboard, for their list. */

export const KEY_LIST = [
  [["Ctrl", "K"], "Search and commands"],
  [["/"], "Search and commands"],
  [["?"], "This list of keys"],
  [["u"], "Upload videos"],
  [["g", "o"], "Go to the overview"],
  [["g", "g"], "Go to the gallery"],
  [["g", "v"], "Go to the videos"],
  [["g", "f"], "Go to the failures"],
  [["g", "h"], "Go to the history"],
  [["g", "l"], "Go to the logs"],
  [["g", "w"], "Go to the webhooks"],
  [["g", "s"], "Go to the settings"],
  [["←", "→"], "Other pictures of a video"],
  [["j", "k"], "Next and previous video, if one is shown large"],
  [["Esc"], "Close a dialog"],
] as readonly (readonly [readonly string[], string])[];
