"""Fifteen failures that users of other systems reported, each with the tests that keep it from happening here.

A test that is named here and does not exist fails, and so does a lesson without a test that carries its number.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

LESSONS: dict[str, tuple[str, ...]] = {
    "1 published questionnaires never change, and answers stay as they were": (
        "web/test_lessons.py::test_lesson_1_a_new_version_of_a_questionnaire_touches_no_collected_answers",
        "instruments/test_loader.py::test_a_definition_cannot_be_changed",
        "services/test_definitions.py::test_an_edited_definition_scores_nothing_more_and_what_was_typed_is_kept",
        "house/test_published_instruments.py::test_every_shipped_version_is_what_was_published",
        "services/test_plans.py::test_an_open_episode_keeps_its_plan_when_a_new_version_comes",
        "storage/test_database.py::test_what_was_written_is_never_changed_or_deleted",
    ),
    "2 mail scanners open links, and opening uses nothing up": (
        "web/test_client_door.py::test_lesson_2_opening_a_link_shows_no_name_and_changes_nothing_however_often",
        "web/test_contact_and_reminders.py::test_a_scanner_that_opens_the_stop_address_stops_nothing",
        "web/test_provider_desk.py::test_reading_pages_leaves_the_answers_as_they_are",
        "journeys/test_client_answers_are_never_lost.py::test_a_scanner_that_opens_the_link_uses_nothing_up",
        "web/test_client_door.py::test_a_used_code_or_link_opens_the_receipt_and_none_of_the_answers",
    ),
    "3 no session and no token that ends kills a long form": (
        "web/test_lessons.py::test_lesson_3_a_form_that_was_open_for_hours_goes_on_and_an_ended_visit_resumes",
        "web/test_client_door.py::test_a_stale_token_shows_the_question_again_with_the_answer",
        "web/test_provider_desk.py::test_a_sheet_typed_while_the_session_ended_comes_back_after_signing_in",
        "journeys/test_client_answers_are_never_lost.py::test_a_session_that_ends_halfway_keeps_what_was_saved",
    ),
    "4 one faulty field discards no other": (
        "web/test_client_wordings.py::test_lesson_4_too_long_a_word_about_who_was_there_discards_nothing",
        "web/test_client_after.py::test_one_faulty_answer_and_an_old_token_discard_no_other_answer",
        "web/test_provider_desk.py::test_every_fault_of_a_sheet_is_listed_at_once_and_nothing_is_lost",
        "web/test_granting_vouchers.py::test_every_fault_of_a_voucher_is_listed_and_the_input_kept",
    ),
    "5 nothing is sent twice": (
        "services/test_reminders.py::test_lesson_5_two_processes_at_once_send_one_message",
        "services/test_reminders.py::test_a_crash_while_sending_is_never_sent_again_and_is_listed",
        "services/test_reminders.py::test_what_should_have_gone_out_and_did_not_is_found",
        "services/test_reminders.py::test_the_database_itself_refuses_a_second_message_of_a_day_or_of_an_attempt",
        "storage/test_database.py::test_one_key_sent_eight_times_at_once_is_one_sheet",
        "journeys/test_client_answers_are_never_lost.py::test_sending_twice_gives_one_sheet_and_the_same_receipt",
    ),
    "6 reminders respect completion, opting out and pauses, and say what is true when they are sent": (
        "services/test_reminders.py::test_lesson_6_reminders_respect_completion_closing_opt_out_pause_and_death",
        "services/test_reminders.py::test_what_happens_after_the_planning_still_stops_a_message",
        "services/test_reminders.py::test_several_due_forms_make_one_message_with_a_link_and_a_code_for_each",
        "services/test_reminders.py::test_the_text_is_made_when_it_is_sent_not_when_it_is_planned",
    ),
    "7 answers are on the server, not on the device": (
        "web/test_kiosk.py::test_lesson_7_after_sending_nothing_is_left_on_the_device",
        "web/test_client_door.py::test_the_answers_are_there_again_with_the_same_code_in_another_browser",
        "journeys/test_client_answers_are_never_lost.py::test_lesson_7_a_network_that_drops_between_two_answers_loses_nothing",
        "journeys/test_client_languages_and_lent_devices.py::test_a_lent_device_shows_the_next_person_nothing",
        "web/test_kiosk.py::test_after_sending_a_lent_device_offers_contact_and_feedback_and_then_forgets",
        "journeys/test_home_visits.py::test_goals_are_rated_without_network_and_another_rating_is_shown_and_not_overwritten",
        "web/test_home_visits.py::test_lesson_7_a_lent_device_that_forgets_everything_keeps_a_worker_s_unsent_sheets",
    ),
    "8 every item is a group of its own, and the question is the page's heading": (
        "web/test_lessons.py::test_lesson_8_every_item_is_one_group_whose_legend_is_the_page_s_heading",
    ),
    "9 no slider records what nobody answered": (
        "web/test_lessons.py::test_lesson_9_no_question_is_a_slider_and_no_answer_is_chosen_beforehand",
        "web/test_client_door.py::test_nothing_chosen_asks_for_an_answer_or_the_wish_not_to",
    ),
    "10 a missing translation is shown in another language, and switching keeps page and answers": (
        "web/test_client_wordings.py::test_lesson_10_a_wording_that_is_missing_is_shown_in_finnish_and_said",
        "journeys/test_client_languages_and_lent_devices.py::test_lesson_10_switching_to_plain_finnish_keeps_page_and_answers",
        "instruments/test_loader.py::test_a_declared_language_is_complete",
        "house/test_translations.py::test_every_message_is_translated",
        "web/test_client_door.py::test_switching_the_language_keeps_the_page_and_the_choice",
    ),
    "11 the rule for missing answers stands beside the instrument": (
        "web/test_lessons.py::test_lesson_11_the_rule_for_missing_answers_stands_beside_the_instrument_with_an_example",
        "scoring/test_examples.py::test_every_shipped_instrument_proves_every_scale",
    ),
    "12 an import lists every fault before it writes, and the same file twice changes nothing": (
        "services/test_imports.py::test_lesson_12_every_fault_has_row_column_value_and_what_is_allowed_and_nothing_is_stored",
        "services/test_imports.py::test_a_file_is_checked_stored_and_the_second_time_changes_nothing",
        "exchange/test_import_tables.py::test_a_finnish_file_of_any_program_is_understood",
        "exchange/test_import_files.py::test_every_fault_stands_in_its_row_and_the_file_can_be_sent_again",
    ),
    "13 files that are handed out are harmless in a spreadsheet, say what they hold and lose no follow-up": (
        "exchange/test_export_forms.py::test_lesson_13_follow_ups_midpoints_and_second_measurements_keep_columns_of_their_own",
        "exchange/test_export_forms.py::test_the_long_and_the_wide_form_hold_the_same_and_lose_nothing",
        "exchange/test_export_files.py::test_lesson_13_neither_header_nor_value_runs_as_a_formula",
        "exchange/test_export_files.py::test_spss_limits_hold_with_the_nastiest_names_labels_texts_and_ranges",
        "exchange/test_fhir.py::test_whatever_episodes_there_are_their_bundle_is_valid",
        "web/test_exports.py::test_a_csv_and_an_spss_file_come_with_their_codebook",
        "services/test_sheet_exports.py::test_a_period_is_the_day_of_opening_so_that_no_follow_up_is_cut_off",
        "exchange/test_tables.py::test_lesson_13_no_cell_runs_as_a_formula_and_plain_numbers_stay_readable",
        "exchange/test_import_files.py::test_no_cell_of_a_file_that_comes_back_runs_as_a_formula",
        "exchange/test_import_files.py::test_a_workbook_template_lists_every_code_and_what_may_be_written",
    ),
    "14 nobody else's data leaks through a side door": (
        "web/test_lessons.py::test_lesson_14_every_route_to_a_client_is_closed_to_everybody_else",
        "web/test_lessons.py::test_lesson_14_no_list_names_another_providers_client",
        "house/test_routes.py::test_every_route_stands_in_the_register_with_its_rule",
        "storage/test_access.py::test_a_provider_reaches_half_of_each_table_on_every_orm_road",
    ),
    "15 small numbers cannot be derived": (
        "statistics/test_disclosure.py::test_lesson_15_an_attacker_recovers_no_small_count",
        "statistics/test_disclosure.py::test_a_total_is_withheld_that_would_give_a_single_hidden_row_away",
        "services/test_feedback.py::test_few_answers_show_nothing_some_show_a_count_and_ten_a_figure",
        "journeys/test_analyst_compares_providers.py::test_the_page_the_csv_the_pdf_and_the_unrounded_figures_are_the_same",
    ),
}

BESIDE: dict[str, tuple[str, ...]] = {
    "answers of others are told apart": (
        "web/test_client_wordings.py::test_a_proxy_s_answers_are_told_apart_on_the_sheet_and_in_the_course",
    ),
    "skipped is not the same as never shown": (
        "web/test_lessons.py::test_what_was_skipped_differs_from_what_was_never_shown",
    ),
    "paper is as good as a screen": (
        "web/test_paper.py::test_a_form_carries_a_code_that_opens_the_same_questions_and_no_name",
        "journeys/test_provider_desk.py::test_a_sheet_of_ten_numbers_is_typed_with_the_keyboard_and_corrected",
    ),
    "where a phone goes wrong": (
        "journeys/test_client_answers_are_never_lost.py::test_two_windows_at_once_lose_nothing",
        "journeys/test_client_answers_are_never_lost.py::test_the_browsers_own_back_button_shows_what_is_stored_and_sends_nothing_twice",
    ),
}


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the test functions of a file."""
    source = (TESTS / path).read_text(encoding="utf-8")
    return frozenset(
        node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)
    )


@pytest.mark.parametrize("lesson", [*LESSONS, *BESIDE])
def test_every_lesson_is_proven_by_tests_that_exist(lesson: str) -> None:
    named = {**LESSONS, **BESIDE}[lesson]
    missing = [one for one in named if one.split("::")[1] not in names_in(one.split("::")[0])]
    assert missing == []


def test_every_lesson_has_a_test_named_after_it() -> None:
    assert [lesson.split()[0] for lesson in LESSONS] == [str(n) for n in range(1, 16)]
    for lesson, named in LESSONS.items():
        wanted = f"::test_lesson_{lesson.split()[0]}_"
        assert any(wanted in one for one in named), lesson


def test_every_number_of_a_lesson_that_a_test_carries_is_one_of_them() -> None:
    numbers = {
        name.split("_")[2]
        for path in TESTS.rglob("test_*.py")
        for name in names_in(str(path.relative_to(TESTS)))
        if name.startswith("test_lesson_")
    }
    assert numbers == {lesson.split()[0] for lesson in LESSONS}
