# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # What is due today?
#
# What is called to mind again, some days later, stays. The questions that close the notebooks come back here, those
# that went another way sooner and in another form. When, is chosen by FSRS-6, a
# [published rule](https://github.com/open-spaced-repetition): a question is asked again when the chance that you still
# know the answer has fallen to 90 %. It is ten minutes at most, and nothing is sent anywhere.
# <!-- source: FSRS-6, desired retention 0.9 -->
#
# **Back** [00: What does training look like?](00_start_here.ipynb)

# %%
from cnnlib.widgets.cards import review, test

review()

# %% [markdown]
# ## Before the course, and after it
#
# Sixteen questions, one for each thing that the course is about. Take form A before notebook 01 and form B when you
# are through (or the other way round): the forms ask the same things in other words and numbers. What is right is not
# told, so that the two can be compared. With the button in [notebook 00](00_start_here.ipynb) you save your record as a
# file, with a random key in place of your name, for whoever leads a class.

# %%
test("A")

# %%
test("B")
