package dev.gradine.gpu;

/// What a `GraphGpu` started how.
///
/// @param alone operations started one by one
/// @param recorded graphs made
/// @param started graphs started
/// @param together operations started in graphs
/// @param exchanged operations that were exchanged in graphs for others
public record GraphCounts(long alone, long recorded, long started, long together, long exchanged) {

    static final GraphCounts NONE = new GraphCounts(0, 0, 0, 0, 0);

    /// Both together.
    GraphCounts plus(GraphCounts other) {
        return new GraphCounts(
                alone + other.alone,
                recorded + other.recorded,
                started + other.started,
                together + other.together,
                exchanged + other.exchanged);
    }
}
