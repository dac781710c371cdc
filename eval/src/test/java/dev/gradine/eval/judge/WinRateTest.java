package dev.gradine.eval.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What verdicts say, worked by hand.
class WinRateTest {

    private static final List<Game> FOUR = List.of(
            new Game("1", "A", "B", 10, 5), // the candidate twice
            new Game("2", "A", "A", 10, 20), // whoever stands first
            new Game("3", "C", "B", 10, 5), // a tie, then the candidate
            new Game("4", "B", "A", 10, 10)); // the baseline twice

    @Test
    void four_questions_have_the_win_rate_and_error_of_the_worked_example() {
        WinRate rate = WinRate.of(FOUR, 1);
        assertThat(rate.scores()).containsExactly(1.0, 0.5, 0.75, 0.0);
        assertThat(rate.value()).isEqualTo(0.5625);
        assertThat(rate.error()).isCloseTo(0.2135, within(5e-5));
        assertThat(rate.counts()).isEqualTo(new WinRate.Counts(1, 2, 1, 0));
        assertThat(rate.counts().winRate()).isEqualTo(0.25);
        assertThat(rate.counts().adjusted()).isEqualTo(0.5);
    }

    @Test
    void position_and_length_have_their_shares() {
        WinRate.Sway sway = WinRate.of(FOUR, 1).sway();
        assertThat(sway.consistency()).isEqualTo(0.5);
        assertThat(sway.first()).isCloseTo(4 / 7.0, within(1e-12)); // A B, A A, - B, B A
        assertThat(sway.longer()).isCloseTo(4 / 5.0, within(1e-12)); // two of 1, one of 2, one of 3
    }

    @Test
    void a_verdict_that_cannot_be_read_takes_its_game_out() {
        List<Game> games = new ArrayList<>(FOUR);
        games.add(new Game("5", "A", "", 1, 1));
        games.add(new Game("6", "", "", 1, 1));
        WinRate rate = WinRate.of(games, 1);
        assertThat(rate.value()).isEqualTo(0.5625);
        assertThat(rate.counts().invalid()).isEqualTo(3);
        assertThatThrownBy(() -> WinRate.of(List.of(new Game("5", "A", "", 1, 1)), 1))
                .hasMessage("judge: no question has two verdicts that can be read");
    }

    @Test
    void turns_of_one_question_are_one_question() {
        WinRate rate = WinRate.of(List.of(new Game("1", "A", "B", 1, 1), new Game("1", "B", "A", 1, 1)), 1);
        assertThat(rate.scores()).containsExactly(0.5);
    }

    @Test
    void the_interval_is_that_of_the_mean_and_the_same_for_a_seed() {
        List<Game> games = new ArrayList<>();
        for (int i = 0; i < 400; i++)
            games.add(new Game("q" + i, i % 4 == 0 ? "B" : "A", i % 4 == 0 ? "A" : "B", 1, 1));
        WinRate rate = WinRate.of(games, 7);
        double half = 1.96 * rate.error(); // for so many, resampling and the normal distribution agree
        assertThat(rate.interval().low()).isCloseTo(0.75 - half, within(half / 10));
        assertThat(rate.interval().high()).isCloseTo(0.75 + half, within(half / 10));
        assertThat(WinRate.of(games, 7).interval()).isEqualTo(rate.interval());
    }

    @Test
    void the_sign_test_counts_coins() {
        List<Game> games = new ArrayList<>();
        for (int i = 0; i < 5; i++) games.add(new Game("w" + i, "A", "B", 1, 1));
        games.add(new Game("t", "C", "C", 1, 1));
        assertThat(WinRate.of(games, 1).signTest()).isCloseTo(2 / 32.0, within(1e-12));
        games.add(new Game("l", "B", "A", 1, 1));
        assertThat(WinRate.of(games, 1).signTest()).isCloseTo(2 * 7 / 64.0, within(1e-12));
    }

    @Test
    void what_length_explains_is_taken_out() {
        List<Game> games = new ArrayList<>();
        for (int i = 0; i < 400; i++) { // four times of five the longer wins; the candidate is it three times of four
            boolean longer = i % 4 != 0;
            boolean wins = longer == (i % 5 != 0);
            games.add(new Game("q" + i, wins ? "A" : "B", wins ? "B" : "A", longer ? 200 : 100, longer ? 100 : 200));
        }
        WinRate rate = WinRate.of(games, 1);
        assertThat(rate.value()).isCloseTo(0.65, within(1e-12)); // 0.8 · 0.75 + 0.2 · 0.25
        assertThat(rate.lengthControlled()).isCloseTo(0.5, within(0.05));
        assertThat(new JudgeReport("c", rate).lines())
                .contains("  warning: length moves the win rate by more than 10 points");
    }

    @Test
    void without_differences_of_length_nothing_is_taken_out() {
        List<Game> games = new ArrayList<>();
        for (int i = 0; i < 400; i++)
            games.add(new Game("q" + i, i % 4 == 0 ? "B" : "A", i % 4 == 0 ? "A" : "B", 9, 9));
        assertThat(WinRate.of(games, 1).lengthControlled()).isCloseTo(0.75, within(0.005));
    }

    @Test
    void seven_of_ten_are_147_elo() {
        double theta = BradleyTerry.strengths(List.of(List.of(0.0, 3.0), List.of(7.0, 0.0)))
                .get(1);
        assertThat(theta).isCloseTo(Math.log(7 / 3.0), within(1e-5));
        assertThat(BradleyTerry.elo(theta)).isCloseTo(147.2, within(0.05));
    }

    @Test
    void three_models_are_as_strong_as_their_points_can_be_explained() {
        List<List<Double>> wins = List.of(List.of(0.0, 4.0, 2.0), List.of(6.0, 0.0, 3.5), List.of(8.0, 6.5, 0.0));
        List<Double> theta = BradleyTerry.strengths(wins);
        for (int i = 1; i < 3; i++) { // at the maximum the points won are the points expected
            double expected = 0;
            double won = 0;
            for (int j = 0; j < 3; j++) {
                if (j == i) continue;
                double games = wins.get(i).get(j) + wins.get(j).get(i);
                expected += games / (1 + Math.exp(theta.get(j) - theta.get(i)));
                won += wins.get(i).get(j);
            }
            assertThat(expected).isCloseTo(won, within(1e-4));
        }
        double always = BradleyTerry.strengths(List.of(List.of(0.0, 0.0), List.of(9.0, 0.0)))
                .get(1);
        assertThat(always).isFinite().isGreaterThan(10);
    }
}
