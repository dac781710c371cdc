package dev.gradine.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.nn.Adapters;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AdapterTurnsTest {

    private static final Map<Character, Adapters> ADAPTERS =
            Map.of('a', new Adapters() {}, 'b', new Adapters() {}, 'c', new Adapters() {}, '0', Adapters.NONE);

    private static AdapterTurns<String> turns(int places, int passes, String... requests) {
        AdapterTurns<String> turns = new AdapterTurns<>(places, passes);
        for (String r : requests) turns.add(of(r), r);
        return turns;
    }

    private static Adapters of(String request) {
        Adapters a = ADAPTERS.get(request.charAt(0));
        if (a == null) throw new AssertionError(request);
        return a;
    }

    /// Those that come in now.
    private static List<String> coming(AdapterTurns<String> turns) {
        List<String> all = new ArrayList<>();
        for (String r = turns.next(); r != null; r = turns.next()) all.add(r);
        return all;
    }

    @Test
    void adapters_take_turns_and_requests_for_one_keep_their_order() {
        assertThat(coming(turns(9, 9, "a1", "a2", "a3", "b1", "01", "02")))
                .containsExactly("a1", "b1", "01", "a2", "02", "a3");
    }

    @Test
    void one_without_a_place_is_passed_by_some_and_then_by_none_until_it_has_one() {
        AdapterTurns<String> turns = turns(1, 2, "a1", "b1", "a2", "a3", "a4", "c1", "01");
        assertThat(coming(turns)).containsExactly("a1", "01", "a2", "a3");
        turns.left(of("a"));
        turns.left(of("a"));
        assertThat(coming(turns)).isEmpty();
        turns.add(Adapters.NONE, "02");
        assertThat(coming(turns)).as("the base needs no place").containsExactly("02");
        turns.left(of("a"));
        assertThat(coming(turns)).containsExactly("b1");
        turns.left(of("b"));
        assertThat(coming(turns)).as("each waits in its turn").containsExactly("c1");
        turns.left(of("c"));
        assertThat(coming(turns)).containsExactly("a4");
    }

    @Test
    void what_is_taken_out_does_not_come_in() {
        AdapterTurns<String> turns = turns(9, 9, "a1", "a2", "b1");
        assertThat(turns.remove(r -> !r.equals("a2"))).containsExactly("a1", "b1");
        assertThat(coming(turns)).containsExactly("a2");
    }
}
