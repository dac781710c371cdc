package dev.gradine.cli.pipeline;

import java.util.List;

/// The commands that stages run.
public interface Commands {

    /// What an option is for a stage.
    ///
    /// @param kind what its value is
    /// @param many how several values are given
    record Role(Kind kind, Many many) {}

    /// What a value is.
    enum Kind {
        /// None: the option is a flag.
        FLAG,
        /// A file or folder that is read, and must be there.
        FILE,
        /// The same, or a name of something else; it may have a name and `=` in front.
        MAYBE_FILE,
        /// Anything else.
        VALUE
    }

    /// How several values are given.
    enum Many {
        /// Not at all.
        ONE,
        /// In one, with commas.
        JOINED,
        /// By the option again.
        REPEATED
    }

    /// What an option of a command is.
    ///
    /// @throws IllegalArgumentException if the command has none of the name, with the nearest
    Role role(StageKind kind, String option);

    /// Fails if a command line is wrong.
    ///
    /// @throws IllegalArgumentException says how
    void check(List<String> line);

    /// Runs a command line and gives its exit code.
    ///
    /// @param out gets what it prints, and nobody else does
    int run(List<String> line, StringBuilder out);

    /// What a planner thinks of a training command, such as `2 min, 929 MB`; empty where it cannot say.
    String planned(List<String> line);
}
