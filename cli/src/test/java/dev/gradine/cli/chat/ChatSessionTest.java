package dev.gradine.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.generate.ContinuousBatch;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.nn.generate.Mixing;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Golden;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ChatSessionTest {

    /// Without the interruption there would be a thousand tokens of each.
    @Test
    void an_interruption_ends_all_answers_that_are_being_written() {
        AtomicReference<ChatSession> session = new AtomicReference<>();
        AtomicInteger drawn = new AtomicInteger();
        WritingRule rule = WritingRule.of(new SamplingParams(1, 0, 1), 1000, _ -> {
            if (drawn.incrementAndGet() == 4) session.get().interrupt();
            return false;
        });
        try (Kernels run = CpuKernels.open();
                OpenModel open = Models.open(Golden.golden("trl/base"), run);
                var batch = new ContinuousBatch(open.model(), run, new Room(4000, 2, 1000), Mixing.NONE)) {
            var voice = new ChatSession.Voice(open.codec(), rule, List.of(), SplittableRandom::new);
            session.set(new ChatSession(batch, voice, new LinkedHashMap<String, Adapters>(), ""));
            session.get().beside(ChatSession.BASE);
            session.get().say("Tell me a story", new PrintWriter(new StringWriter()), 80);
        }
        assertThat(drawn).hasValue(4);
    }
}
