package dev.gradine.train.live;

import java.util.List;
import java.util.Map;

/// What a live page is about: markup by place, and runs whose curves it draws.
interface View {

    /// Reads what is new of it.
    void refresh();

    /// Title of the page.
    String title();

    /// The page's own markup below the curves, with its places.
    String places();

    /// The pieces that are shown now, by place.
    Map<String, String> parts();

    /// The runs drawn; one more may come, none goes.
    List<WatchedRun> runs();
}
