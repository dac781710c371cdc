package dev.gradine.lab;

import java.util.List;

/// What a paper claims, small enough to be tried in a minute.
///
/// An experiment measures a table for one seed and says what must show in it if the claim holds. How often it does over
/// the seeds is the verdict, whatever it is: nothing is asserted.
public interface Experiment {

    /// What is claimed, by whom, and how it is tried.
    About about();

    /// What shows in the table of each seed if the claim holds.
    List<Expectation> expected();

    /// Measures once. All that is random follows from `trial.seed()`.
    Table measure(Trial trial);
}
