"""The parts of the page, each a folder with what belongs to it: `x.html`, `x.css`, `x.js`.

`render` of a component makes its HTML; `build` puts it into the surrounding `gr.Blocks`.
"""
