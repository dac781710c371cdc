package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Warming up leaves no thread behind, whoever began it.
class WarmUpTest {

    @Test
    void it_ends_when_closed_and_may_be_closed_twice() {
        WarmUp first = WarmUp.start();
        WarmUp second = WarmUp.start(); // the process is warm, or being warmed
        second.close();
        first.close();
        first.close();
        WarmUp.none().close();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("gradine-warm-up");
    }
}
