// The map's own behaviour: choose a layer, show its legend and table, name the districts, find one from the table.
// Districts (gebieden) are buurten, or postcode areas.
// folium draws empty layers. What they show stands in the page as JSON; its texts become text nodes, never HTML.
const kaart = (function () {
  "use strict";
  const gegevens = JSON.parse(document.getElementById("gegevens").textContent);
  const keuze = document.getElementById("keuze");
  const legendas = Array.from(document.querySelectorAll(".legend"));
  const varianten = legendas.map((legenda) => legenda.dataset.variant);
  const kleuren = legendas.map((legenda) => legenda.dataset.colours.split(" "));
  // On a telephone thick lines would hide the cells.
  const rand = { color: "#2b2a28", weight: window.innerWidth < 700 ? 0.6 : 1.2, opacity: 0.8, fillOpacity: 0 };
  const rustig = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let aangewezen = null;

  const gekozen = (naam) => keuze.elements[naam].value;
  const nummer = () => varianten.indexOf(gekozen("profiel") + "-" + gekozen("maat"));

  const tekst = (gebied, kop) => gebied.feature.properties.per[gekozen("profiel")][kop];
  const midden = (gebied) => L.latLng(gebied.feature.properties.midden);

  function vulling(feature) {
    const merk = feature.properties.k.charAt(nummer());
    const isKlasse = merk >= "0" && merk <= "4";
    return { fillColor: isKlasse ? kleuren[nummer()][Number(merk)] : "url(#arcering)", fillOpacity: 1 };
  }

  const stijl = {
    vakjes: (feature) => ({ color: "#ffffff", weight: 0.4, ...vulling(feature) }),
    gebieden: (feature) => (gegevens.vakjes === null ? { ...rand, ...vulling(feature) } : rand),
  };

  function toonKeuze(vakjes, gebieden) {
    legendas.forEach((legenda, plaats) => { legenda.hidden = plaats !== nummer(); });
    document.querySelectorAll(".profile").forEach((tabel) => {
      tabel.hidden = tabel.dataset.profile !== gekozen("profiel");
    });
    gebieden.setStyle(stijl.gebieden);
    vakjes.setStyle(stijl.vakjes);
  }

  function element(soort, inhoud) {
    const gemaakt = document.createElement(soort);
    gemaakt.textContent = inhoud;
    return gemaakt;
  }

  function cijfers(gebied) {
    const tabel = document.createElement("table");
    gegevens.koppen.forEach(([kop, opschrift]) => {
      const cel = document.createElement("td");
      cel.append(element("bdi", tekst(gebied, kop)));
      tabel.insertRow().append(element("th", opschrift), cel);
    });
    return tabel;
  }

  function naamborden(kaartblad, gebieden) {
    const borden = gebieden.getLayers().map((gebied) => {
      const naam = tekst(gebied, "naam");
      const bord = L.marker(midden(gebied), {
        interactive: false, keyboard: false,
        icon: L.divIcon({ className: "naambord", iconSize: null, html: element("bdi", naam) }),
      });
      return { gebied, bord, lengte: naam.length };
    });
    const bezet = (vak, vakken) => vakken.some((ander) => ander.intersects(vak));
    // A name is shown where it fits in its district and covers no other name.
    const plaats = () => {
      const vakken = [];
      borden.forEach(({ gebied, bord, lengte }) => {
        const rechthoek = gebied.getBounds();
        const breedte = lengte * 7.6;
        const punt = kaartblad.latLngToLayerPoint(midden(gebied));
        const vak = L.bounds(punt.subtract([breedte / 2, 8]), punt.add([breedte / 2, 8]));
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

  function wijsAan(kaartblad, gebied) {
    document.getElementById("map_kaart").scrollIntoView({ block: "center", behavior: rustig ? "auto" : "smooth" });
    kaartblad.fitBounds(gebied.getBounds(), { maxZoom: 15, padding: [40, 40], animate: false });
    // The tooltip belongs to all districts together: it opens as if this one were pointed at.
    if (aangewezen !== null) aangewezen.fire("mouseout", {}, true);
    aangewezen = gebied;
    gebied.fire("mouseover", { latlng: midden(gebied) }, true);
  }

  function begin(kaartblad, vakjes, gebieden) {
    if (gegevens.vakjes !== null) vakjes.addData(gegevens.vakjes);
    gebieden.addData(gegevens.gebieden);
    gebieden.bindTooltip(cijfers, { sticky: true, opacity: 1 });
    L.control.zoom({ zoomInTitle: "Inzoomen", zoomOutTitle: "Uitzoomen" }).addTo(kaartblad);
    L.control.scale({ imperial: false }).addTo(kaartblad);
    const heeftGebieden = gebieden.getLayers().length > 0;
    const kader = gebieden.getBounds().extend(vakjes.getBounds());
    if (kader.isValid()) kaartblad.fitBounds(kader, { padding: [8, 8], animate: false });
    toonKeuze(vakjes, gebieden);
    if (heeftGebieden) naamborden(kaartblad, gebieden);
    // The keyboard reaches each district by its name in the table; a hundred nameless stops on the map would be in the way.
    gebieden.eachLayer((gebied) => gebied.getElement().setAttribute("tabindex", "-1"));
    keuze.addEventListener("change", () => toonKeuze(vakjes, gebieden));
    gebieden.on("mouseover", (wijzer) => wijzer.layer.setStyle({ weight: 3.5 }).bringToFront());
    gebieden.on("mouseout", (wijzer) => wijzer.layer.setStyle({ weight: rand.weight }));
    document.querySelectorAll("[data-gebied]").forEach((knop) => {
      knop.addEventListener("click", () => wijsAan(kaartblad, gebieden.getLayers()[Number(knop.dataset.gebied)]));
    });
  }

  return { begin, stijl };
}());
