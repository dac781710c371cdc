package dev.gradine.train;

import java.util.List;
import java.util.Map;

/// The program a run is part of: what the run asks of it and tells it. Every answer has a default, for programs that
/// only train.
public interface RunHost {

    /// Of a program that only trains.
    RunHost NONE = new RunHost() {};

    /// What the user typed, for the report.
    default List<String> command() {
        return List.of();
    }

    /// Version of the program, for the report.
    default String version() {
        String built = RunHost.class.getPackage().getImplementationVersion();
        return built == null ? "(not packaged)" : built;
    }

    /// What decides the result besides model, adapter, data and settings, such as the device. A run that resumes must
    /// have the same.
    default Map<String, Object> settings() {
        return Map.of();
    }

    /// Lines about what the user asked for, told with those of the run when nothing can stop it any more.
    default List<String> remarks() {
        return List.of();
    }

    /// Takes a line that the user should read.
    default void tell(String line) {
        System.err.println(line);
    }

    /// The run is about to compute.
    default void ready() {}

    /// A step begins.
    default void stepBegins() {}

    /// A step has ended.
    default void stepEnds() {}
}
