"""The tabs of the page, a module each; `build` puts one into the surrounding `gr.Blocks`."""
