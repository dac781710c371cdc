package dev.gradine.cli.pipeline;

/// A stage in one of its rounds.
///
/// @param stage as the file has it
/// @param round from 1; 0 for a stage that is run once
public record PlannedStage(Stage stage, int round) {

    /// Its name, with the round where it has one.
    @Override
    public String toString() {
        return round == 0 ? stage.name() : "%s (round %d)".formatted(stage.name(), round);
    }

    /// Whether it is the stage of a name in a round, or one that is run once.
    boolean is(String name, int in) {
        return stage.name().equals(name) && (round == in || round == 0);
    }
}
