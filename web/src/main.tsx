import { render } from "preact";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/welcome.css";
import "./styles/seat.css";
import "./styles/log.css";
import "./styles/dialogs.css";
import { App } from "./views/app";

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(<App />, page);
}
