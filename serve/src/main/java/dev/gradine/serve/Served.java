package dev.gradine.serve;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.nn.generate.ContinuousBatch.Drafts;
import dev.gradine.nn.generate.ContinuousBatch.Load;
import dev.gradine.nn.generate.Draft;
import dev.gradine.nn.generate.Writing;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// A base model and its adapters, each under a name, and what writes texts with them. Safe for all threads.
public interface Served {

    /// The base model, then its adapters in the order they were loaded.
    List<Card> cards();

    /// What acts under a name, or null if nothing has it.
    ///
    /// @throws AdapterRefusedException if it is an adapter that was put away and is lost
    @Nullable
    Acting acting(String name);

    /// Several adapters that act together.
    ///
    /// @param scales by name; 1 for an adapter as it was trained
    /// @throws IllegalArgumentException names the adapter that is unknown or cannot be scaled
    Acting blend(Map<String, Double> scales);

    /// Adapters that act under the name of the base model, each with its scale; none unless they were chosen.
    Map<String, Double> scales();

    /// Chooses them: requests that come from now on have them. One that is removed acts no more.
    ///
    /// @throws IllegalArgumentException as `blend`
    void scale(Map<String, Double> scales);

    /// How many adapters are in memory.
    int adaptersInMemory();

    /// Tokenizer and chat template.
    TextCodec codec();

    /// Whether the model has a chat template.
    boolean hasTemplate();

    /// Which tokens end a text.
    IntPredicate ends();

    /// Tokens that a prompt and its text may have together.
    int maxTokens();

    /// What guesses the next tokens of texts; for the thread that writes alone.
    Draft draft();

    /// Loads an adapter.
    ///
    /// @param inPlace whether it may take the place of one of that name
    /// @throws AdapterRefusedException says what is wrong with it
    void load(String name, Path folder, boolean inPlace);

    /// Removes an adapter. Requests that it acts for go on to their end.
    ///
    /// @throws AdapterRefusedException if there is none
    void unload(String name);

    /// Takes a writing in; its listener is called by the thread that writes.
    ///
    /// @throws QueueFullException if too many wait
    /// @throws IllegalArgumentException if its prompt is empty or too long
    void submit(Writing writing);

    /// What is waiting and being written now.
    Load now();

    /// What the guesses were worth so far.
    Drafts drafts();
}
