// Slides on a screen that is wide enough, and in print; on a phone the deck scrolls as it is.
if (matchMedia("(min-width: 600px)").matches || location.search === "?print-pdf")
  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    center: false,
    hash: true,
    slideNumber: "c/t",
    transition: "none",
    scrollActivationWidth: null,
    pdfMaxPagesPerSlide: 1,
    pdfSeparateFragments: false,
  });
