package dev.gradine.train.live;

import dev.gradine.train.report.Frame;
import dev.gradine.train.report.Html;
import dev.gradine.train.report.Page;
import dev.gradine.train.report.RunInfo;
import java.util.List;
import java.util.Map;

/// A live page: the frame of `report.html` with empty places, which the events fill.
final class LivePage {

    private LivePage() {}

    static String html(View view) {
        String version = view.runs().stream()
                .flatMap(r -> r.info().stream())
                .map(RunInfo::launch)
                .map(RunInfo.Launch::version)
                .findFirst()
                .orElse("");
        return Frame.connected(
                Map.of(
                        "title",
                        Html.text(view.title()),
                        "head",
                        "",
                        "figures",
                        "",
                        "curves",
                        Page.resource(LivePage.class, "live.html"),
                        "sections",
                        view.places(),
                        "version",
                        Html.text(version),
                        "foot",
                        "live: what the files of the run say",
                        "data",
                        "{\"one\":" + (view instanceof RunView) + ",\"plain\":" + (view instanceof TapeView) + "}"),
                List.of(Frame.charts(), Page.resource(LivePage.class, "live.js")));
    }
}
