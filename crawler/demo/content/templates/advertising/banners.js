{% autoescape false %}(function () {
  "use strict";
  var banners = {{ banners }};
  document.querySelectorAll(".quang-cao[data-mqc]").forEach(function (slot) {
    var banner = banners[slot.getAttribute("data-mqc")];
    if (!banner) { return; }
    var link = document.createElement("a");
    link.href = banner.click;
    link.target = "_blank";
    link.rel = "nofollow sponsored";
    link.style.cssText = "display:block;width:300px;margin:0 auto;padding:12px;border-radius:6px;text-align:left;color:#fff;font:14px/1.35 Arial,sans-serif;background:" + banner.background;
    var picture = document.createElement("img");
    picture.src = banner.picture;
    picture.alt = banner.advertiser;
    picture.style.cssText = "display:block;width:276px;height:70px;object-fit:cover;border-radius:5px";
    link.appendChild(picture);
    [["b", banner.headline], ["p", banner.text], ["u", banner.button]].forEach(function (part) {
      var element = document.createElement(part[0]);
      element.textContent = part[1];
      element.style.cssText = "display:block;margin:7px 0 0";
      link.appendChild(element);
    });
    var label = document.createElement("small");
    label.textContent = "Quảng cáo";
    slot.appendChild(label);
    slot.appendChild(link);
  });
})();
{% endautoescape %}
