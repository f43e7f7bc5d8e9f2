// The little Markdown that cells show: tables, paragraphs, bold, code.

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const inline = (text) => escape(text).replace(/`([^`]+)`/g, "<code>$1</code>").replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>");
const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => inline(cell.trim()));

function table(lines) {
  const row = (line, tag) => `<tr>${cells(line).map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  const body = lines.slice(2).map((line) => row(line, "td")).join("");
  return `<table><thead>${row(lines[0], "th")}</thead><tbody>${body}</tbody></table>`;
}

export function toHtml(text) {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((block) => {
      const lines = block.split("\n");
      const heading = /^(#{1,4}) (.*)$/.exec(block);
      if (lines[0].startsWith("|") && lines.length > 2) return table(lines);
      if (heading) return `<p><strong>${inline(heading[2])}</strong></p>`;
      return `<p>${inline(block)}</p>`;
    })
    .join("");
}
