import { h, setText, show } from "./dom.js";

/** Asks for a token. */
export class TokenDialog {
  #element;
  #input = h("input", {
    id: "token",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
  });
  #problem = h("p", { class: "problem", role: "alert" });
  #onToken;

  /** @param {(token: string) => void} onToken */
  constructor(onToken) {
    this.#onToken = onToken;
    show(this.#problem, false);
    const form = h(
      "form",
      {},
      h("h2", { id: "token-title" }, "This daemon wants a token"),
      h(
        "p",
        {},
        "One of those under ",
        h("code", {}, "api.tokens"),
        " in its configuration. It is kept until this tab is closed.",
      ),
      h("label", { for: "token" }, "Token"),
      this.#input,
      this.#problem,
      h("button", { type: "submit", class: "primary" }, "Go on"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const token = this.#input.value.trim();
      if (token === "") return;
      this.#element.close();
      this.#onToken(token);
    });
    this.#element = h("dialog", { class: "token", "aria-labelledby": "token-title" }, form);
    // There is nothing behind it to go back to.
    this.#element.addEventListener("cancel", (event) => event.preventDefault());
    document.body.append(this.#element);
  }

  /** @param {boolean} wasGiven Whether there was one already, which is not good. */
  ask(wasGiven) {
    if (this.#element.open) return;
    const problem = wasGiven ? "That token is not one of them." : "";
    setText(this.#problem, problem);
    show(this.#problem, problem !== "");
    this.#input.value = "";
    this.#element.showModal();
  }
}
