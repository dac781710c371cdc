package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.lab.Lab;
import org.junit.jupiter.api.Test;

/// What the lab's command lists and refuses; what experiments compute is tested in `lab`.
class LabCommandTest {

    @Test
    void without_a_name_every_experiment_is_listed_with_its_claim() {
        Cli run = Cli.run("lab");
        assertThat(run.code()).isZero();
        assertThat(run.out().lines()).hasSameSizeAs(Lab.all());
        assertThat(run.out()).contains("rslora  ", "LoRA's falls by 1/√r.");
    }

    @Test
    void an_unknown_name_is_refused_with_those_there_are() {
        Cli run = Cli.run("lab", "rslora", "nothing");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("gradine: lab: \"nothing\", expected one of rslora");
    }

    @Test
    void all_of_them_and_one_of_them_exclude_each_other() {
        Cli.run("lab", "--all", "rslora").refuses("--all: runs every experiment, expected no name beside it");
    }
}
