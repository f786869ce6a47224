// The map's own behaviour: choose a layer, show its legend and table, name the buurten, find a buurt from the table.
// Texts in feature properties are escaped for HTML already; they are shown as they are, never unescaped.
const kaart = (function () {
  "use strict";
  const keuze = document.getElementById("keuze");
  const legendas = Array.from(document.querySelectorAll(".legend"));
  const varianten = legendas.map((legenda) => legenda.dataset.variant);
  const kleuren = legendas.map((legenda) => legenda.dataset.colours.split(" "));
  // On a telephone thick lines would hide the cells.
  const rand = { color: "#2b2a28", weight: window.innerWidth < 700 ? 0.6 : 1.2, opacity: 0.8, fillOpacity: 0 };
  const rustig = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let vakjes = null;
  let aangewezen = null;

  const gekozen = (naam) => keuze.elements[naam].value;
  const nummer = () => varianten.indexOf(gekozen("profiel") + "-" + gekozen("maat"));

  function vulling(feature) {
    const merk = feature.properties.k.charAt(nummer());
    const isKlasse = merk >= "0" && merk <= "4";
    return { fillColor: isKlasse ? kleuren[nummer()][Number(merk)] : "url(#arcering)", fillOpacity: 1 };
  }

  function stijl(feature, laag) {
    if (laag === "vakjes") return { color: "#ffffff", weight: 0.4, ...vulling(feature) };
    return vakjes === null ? { ...rand, ...vulling(feature) } : rand;
  }

  function toonKeuze(buurten) {
    legendas.forEach((legenda, plaats) => { legenda.hidden = plaats !== nummer(); });
    document.querySelectorAll(".profile").forEach((tabel) => {
      tabel.hidden = tabel.dataset.profile !== gekozen("profiel");
    });
    buurten.eachLayer((buurt) => {
      Object.assign(buurt.feature.properties, buurt.feature.properties.per[gekozen("profiel")]);
    });
    buurten.setStyle((feature) => stijl(feature, "buurten"));
    if (vakjes !== null) vakjes.setStyle((feature) => stijl(feature, "vakjes"));
  }

  function naamborden(kaartblad, buurten) {
    const borden = buurten.getLayers().map((buurt) => {
      const naam = buurt.feature.properties.naam;
      const bord = L.marker(buurt.getBounds().getCenter(), {
        interactive: false, keyboard: false,
        icon: L.divIcon({ className: "naambord", iconSize: null, html: "<span>" + naam + "</span>" }),
      });
      return { buurt, bord, lengte: naam.length };
    });
    const bezet = (vak, vakken) => vakken.some((ander) => ander.intersects(vak));
    // A name is shown where it fits in its buurt and covers no other name.
    const plaats = () => {
      const vakken = [];
      borden.forEach(({ buurt, bord, lengte }) => {
        const rechthoek = buurt.getBounds();
        const breedte = lengte * 7.6;
        const midden = kaartblad.latLngToLayerPoint(rechthoek.getCenter());
        const vak = L.bounds(midden.subtract([breedte / 2, 8]), midden.add([breedte / 2, 8]));
        const ruimte = kaartblad.latLngToLayerPoint(rechthoek.getSouthEast()).x
          - kaartblad.latLngToLayerPoint(rechthoek.getNorthWest()).x;
        const past = ruimte > breedte && !bezet(vak, vakken);
        if (past) vakken.push(vak);
        if (past) bord.addTo(kaartblad); else bord.remove();
      });
    };
    kaartblad.on("zoomend", plaats);
    plaats();
  }

  function wijsAan(kaartblad, buurt) {
    document.getElementById("map_kaart").scrollIntoView({ block: "center", behavior: rustig ? "auto" : "smooth" });
    kaartblad.fitBounds(buurt.getBounds(), { maxZoom: 15, padding: [40, 40], animate: false });
    // The tooltip belongs to all buurten together: it opens as if this one were pointed at.
    if (aangewezen !== null) aangewezen.fire("mouseout", {}, true);
    aangewezen = buurt;
    buurt.fire("mouseover", { latlng: buurt.getBounds().getCenter() }, true);
  }

  function begin(kaartblad, lagen, buurten) {
    vakjes = lagen;
    L.control.zoom({ zoomInTitle: "Inzoomen", zoomOutTitle: "Uitzoomen" }).addTo(kaartblad);
    L.control.scale({ imperial: false }).addTo(kaartblad);
    const heeftBuurten = buurten.getLayers().length > 0;
    if (heeftBuurten) kaartblad.fitBounds(buurten.getBounds(), { padding: [8, 8], animate: false });
    toonKeuze(buurten);
    if (heeftBuurten) naamborden(kaartblad, buurten);
    // The keyboard reaches each buurt by its name in the table; a hundred nameless stops on the map would be in the way.
    buurten.eachLayer((buurt) => buurt.getElement().setAttribute("tabindex", "-1"));
    keuze.addEventListener("change", () => toonKeuze(buurten));
    buurten.on("mouseover", (wijzer) => wijzer.layer.setStyle({ weight: 3.5 }).bringToFront());
    buurten.on("mouseout", (wijzer) => wijzer.layer.setStyle({ weight: rand.weight }));
    document.querySelectorAll("[data-buurt]").forEach((knop) => {
      knop.addEventListener("click", () => wijsAan(kaartblad, buurten.getLayers()[Number(knop.dataset.buurt)]));
    });
  }

  return { begin, stijl };
}());
